# closes nothing in the parent, and waits for no child
import os, socket, sys

server = socket.create_server(("", int(sys.argv[1])))
clients = []
while True:
    connection, _ = server.accept()
    clients.append(connection)
    if os.fork() == 0:
        while data := connection.recv(4096):
            connection.sendall(data)
        os._exit(0)
