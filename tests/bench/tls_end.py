#!/usr/bin/python3
"""One end of a TLS connection that does nothing but SSL_write() or SSL_read(): for tests/bench/channel.

usage: tls_end.py source|sink PORT MIB CERTIFICATE KEY

Prints what the transfer itself took, without the start of the interpreter. The cipher comes from $OPENSSL_CONF.
"""

import socket
import ssl
import sys
import time

BLOCK = 1 << 20  # bytes


def source(port, mib, certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 0
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.settimeout(60)
        stream = context.wrap_socket(listener.accept()[0], server_side=True)
    block = bytes(BLOCK)
    began = time.monotonic(), time.process_time()
    for _ in range(mib):
        stream.sendall(block)
    report(began)


def sink(port, mib, *_):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # the certificate was made a moment ago
    context.verify_mode = ssl.CERT_NONE
    stream = context.wrap_socket(socket.create_connection(("127.0.0.1", port)))
    if stream.cipher()[0] != "TLS_CHACHA20_POLY1305_SHA256":
        sys.exit(f"tls_end: the cipher is {stream.cipher()[0]}")
    buffer = bytearray(BLOCK)
    left = mib * BLOCK
    began = time.monotonic(), time.process_time()
    while left > 0:
        got = stream.recv_into(buffer)
        if got == 0:
            sys.exit(f"tls_end: {left} bytes are missing")
        left -= got
    report(began)


def report(began):
    print(f"seconds {time.monotonic() - began[0]:.6f}\ncpu {time.process_time() - began[1]:.6f}")


if __name__ == "__main__":
    end = {"source": source, "sink": sink}[sys.argv[1]]
    end(int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
