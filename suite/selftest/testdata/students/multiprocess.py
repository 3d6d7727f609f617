# multiprocessing, and the connection stays open in the parent until the next one
import multiprocessing, socket, sys


def work(connection):
    while data := connection.recv(4096):
        connection.sendall(data)


multiprocessing.set_start_method("fork")
server = socket.create_server(("", int(sys.argv[1])))
while True:
    connection, _ = server.accept()
    multiprocessing.Process(target=work, args=(connection,)).start()
