# turns what it received into text and back
import os, signal, socket, sys

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
server = socket.create_server(("", int(sys.argv[1])))
while True:
    connection, _ = server.accept()
    if os.fork() == 0:
        server.close()
        while data := connection.recv(4096):
            connection.sendall(data.decode().encode())
        os._exit(0)
    connection.close()
