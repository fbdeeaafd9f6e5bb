/**
 * The characters of IBM code page 437, which VGA BIOS fonts show, with the pictures of its control codes.
 * Source: IBM CPGID 00437; the pictures 0x01 to 0x1F and 0x7F are those of the PC's character generator.
 */
const CODE_PAGE_437 =
  ' ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼' +
  ' !"#$%&\'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~⌂' +
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»' +
  '░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀' +
  'αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

/** Text of character codes 0 to 255; 0 becomes a blank. */
export function decodeCodePage437(codes: readonly number[]): string {
  return codes.map((code) => CODE_PAGE_437[code] ?? ' ').join('');
}
