/* variant:  ref-http
 * model:    forking
 * protocol: http
 * post:     /count
 * why:      A web server, one process per client: GET and HEAD of the files
 *           below a folder, over HTTP/1.0 and HTTP/1.1.
 * source:   RFC 9110; RFC 9112; UNP 3rd ed. §4.8
 */
#include "http.h"

/* ref-http [PORT [FOLDER]]
 *
 * Without FOLDER it serves the one that it is started in. The loop is that of
 * the echo server: nothing about processes and descriptors is of a protocol.
 */

int main(int argc, char **argv)
{
    start();
    int listenfd = open_listener(port_argument(argc, argv));
    if (argc > 2 && chdir(argv[2]) < 0) {
        perror(argv[2]);
        exit(EXIT_FAILURE);
    }
    on_signal();
    ready(listenfd);

    for (;;) {
        int connfd = accept_conn(listenfd);
        pid_t pid = make_child(connfd);
        if (pid < 0)
            continue;

        if (pid == 0) {
            in_child(listenfd);
            int status = serve(connfd);
            end_child(connfd, status);
        }
        after_fork(connfd, pid);
    }
}
