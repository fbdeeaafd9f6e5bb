"""Two machines at a switch, to measure it: one sends frames, the other counts them; then one frame goes to and fro.

frame-peers.py KIND A B SIZE SECONDS LOT
  KIND stream: A and B are sockets to listen on, of length-prefixed frames (QEMU's -netdev stream)
  KIND vde: A is the folder of a vde_switch, B a folder for own sockets
  LOT frames per write (stream only; datagrams go one by one)
It prints one line of JSON. In Python because Node has no unix datagram sockets; the same program drives both switches.
"""
import json, os, socket, struct, sys, threading, time

KIND, A, B, SIZE, SECONDS, LOT = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]), int(sys.argv[6])
MACS = [bytes([0x52, 0x54, 0, 0, 0, n]) for n in (1, 2)]
PINGS = 2000


def frame(sender, to):
    return MACS[to] + MACS[sender] + b"\x88\xb5" + bytes(SIZE - 14)


class StreamPeer:
    def __init__(self, path):
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen(1)

    def open(self):
        self.socket, _ = self.server.accept()

    def blast(self, content, until):
        lot = (struct.pack(">I", len(content)) + content) * LOT
        send = self.socket.sendall
        while time.monotonic() < until:
            for _ in range(max(1, 256 // LOT)):
                send(lot)

    def send(self, content):
        self.socket.sendall(struct.pack(">I", len(content)) + content)

    def count(self, patience):
        self.socket.settimeout(patience)
        size, first, last = 0, None, None
        buffer = bytearray(1 << 18)
        try:
            while True:
                size += self.socket.recv_into(buffer)
                last = time.monotonic()
                first = first or last
        except TimeoutError:
            self.socket.settimeout(None)
            return size // (SIZE + 4), first, last

    def receive(self):
        lack = SIZE + 4
        while lack:
            lack -= len(self.socket.recv(lack))


class VdePeer:
    """The protocol of libvdeplug: a request on the control socket, then one datagram per frame."""

    def __init__(self, number):
        self.own = os.path.join(B, "peer%d" % number)

    def open(self):
        self.control = socket.socket(socket.AF_UNIX)
        self.control.connect(os.path.join(A, "ctl"))
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.socket.bind(self.own)
        address = struct.pack("=H108s", socket.AF_UNIX, self.own.encode())
        self.control.sendall(struct.pack("=III", 0xFEEDFACE, 3, 0) + address + b"bench\0")
        reply = self.control.recv(110)
        self.socket.connect(reply[2:].split(b"\0", 1)[0])

    def blast(self, content, until):
        send = self.socket.send
        while time.monotonic() < until:
            for _ in range(256):
                send(content)

    def send(self, content):
        self.socket.send(content)

    def count(self, patience):
        self.socket.settimeout(patience)
        frames, first, last = 0, None, None
        buffer = bytearray(1 << 16)
        try:
            while True:
                self.socket.recv_into(buffer)
                frames += 1
                if frames & 63 == 1:
                    last = time.monotonic()
                    first = first or last
        except TimeoutError:
            self.socket.settimeout(None)
            return frames, first, last

    def receive(self):
        self.socket.recv(SIZE)


def main():
    peers = [StreamPeer(A), StreamPeer(B)] if KIND == "stream" else [VdePeer(0), VdePeer(1)]
    print("listening", flush=True)
    for peer in peers:
        peer.open()
    for one, other in ((0, 1), (1, 0)):  # each is known to the switch
        sys.stdin.readline()
        peers[one].send(frame(one, other))
        peers[other].receive()
    child = os.fork()
    if child == 0:
        peers[0].blast(frame(0, 1), time.monotonic() + SECONDS)
        os._exit(0)
    frames, first, last = peers[1].count(1.0)
    os.waitpid(child, 0)
    times = []
    echo = threading.Thread(target=lambda: [(peers[1].receive(), peers[1].send(frame(1, 0))) for _ in range(PINGS)])
    echo.start()
    for _ in range(PINGS):
        begin = time.monotonic()
        peers[0].send(frame(0, 1))
        peers[0].receive()
        times.append(time.monotonic() - begin)
    echo.join()
    print(json.dumps({"frames": frames, "seconds": last - first, "roundTripMs": sorted(times)[PINGS // 2] * 1000}), flush=True)


main()
