/// <reference types="novnc__novnc" />

// The typings describe the CommonJS build of noVNC 1.6; the ES module of 1.7 is the same class under another name.
declare module '@novnc/novnc' {
  import NoVncClient from '@novnc/novnc/lib/rfb';
  export default NoVncClient;
}
