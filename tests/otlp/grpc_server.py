#!/usr/bin/env python3
"""A gRPC server for the tests of the OTLP sender. It takes any unary call and does what the request's bytes say.

    grpc_server.py [--tls FOLDER [--client-certificates]] [--default-limit] [--unavailable SHARE]

With --tls it has the certificate in that folder; with --client-certificates it wants one of its clients too.

Prints its port, then a line of JSON for each call: {"path", "metadata", "request" (hex), "timeout"}. Ends when its standard
input does. With --default-limit it takes requests of 4 MiB, as servers do that nobody told otherwise; else 64 MiB. A request
that is protobuf is answered with an empty message, and printed as {"path", "request_bytes"}. With
--unavailable every request, whatever it says, is answered by UNAVAILABLE in this share of cases, else by an empty message, and
printed as {"code", "request"}. Any other request is JSON: {"code": 14, "message": "…", "details": hex of the trailer grpc-status-details-bin,
"reply": hex, "reply_bytes": 7, "hang": true}, each part optional, and further members for tests that want longer ones.
"""

import json
import pathlib
import random
import sys
from concurrent import futures

import grpc


UNAVAILABLE_SHARE = float(sys.argv[sys.argv.index("--unavailable") + 1]) if "--unavailable" in sys.argv else None
MOST_BYTES = (("grpc.max_receive_message_length", 64 << 20), ("grpc.max_send_message_length", 64 << 20))


class AnyMethod(grpc.GenericRpcHandler):
    def service(self, call_details):
        def handle(request, context):
            if UNAVAILABLE_SHARE is not None:
                is_unavailable = random.random() < UNAVAILABLE_SHARE
                print(json.dumps({"code": 14, "request": ""} if is_unavailable else {"code": 0, "request": request.hex()}),
                      flush=True)
                if is_unavailable:
                    context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
                return b""
            if not request.startswith(b"{"):
                print(json.dumps({"path": call_details.method, "request_bytes": len(request)}), flush=True)
                return b""
            print(
                json.dumps(
                    {
                        "path": call_details.method,
                        "metadata": {
                            key: value if isinstance(value, str) else value.hex()
                            for key, value in context.invocation_metadata()
                        },
                        "request": request.hex(),
                        "timeout": context.time_remaining() or 0,
                    }
                ),
                flush=True,
            )
            wanted = json.loads(request)
            if wanted.get("hang"):
                # Until the client is gone.
                gone = futures.Future()
                context.add_callback(lambda: gone.set_result(None))
                gone.result()
            if wanted.get("details"):
                context.set_trailing_metadata((("grpc-status-details-bin", bytes.fromhex(wanted["details"])),))
            code = wanted.get("code", 0)
            if code:
                context.abort(next(c for c in grpc.StatusCode if c.value[0] == code), wanted.get("message", ""))
            return bytes.fromhex(wanted.get("reply", "")) + bytes(wanted.get("reply_bytes", 0))

        return grpc.unary_unary_rpc_method_handler(handle)


def listen(server, arguments):
    if "--tls" not in arguments:
        return server.add_insecure_port("127.0.0.1:0")
    folder = pathlib.Path(arguments[arguments.index("--tls") + 1])
    credentials = grpc.ssl_server_credentials(
        [((folder / "server.key").read_bytes(), (folder / "server.pem").read_bytes())],
        (folder / "ca.pem").read_bytes(),
        "--client-certificates" in arguments,
    )
    return server.add_secure_port("127.0.0.1:0", credentials)


def main():
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=4),
        handlers=(AnyMethod(),),
        options=() if "--default-limit" in sys.argv else MOST_BYTES,
    )
    port = listen(server, sys.argv[1:])
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop(None)


if __name__ == "__main__":
    main()
