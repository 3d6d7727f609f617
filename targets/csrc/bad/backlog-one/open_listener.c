/* defect:  backlog-one
 * breaks:  concurrency/burst
 * why:     A queue of one holds two connections; the next client gets no
 *          answer to its SYN and tries again only a second later.
 * source:  listen(2); UNP 3rd ed. §4.5
 * cause:   The queue of the listening socket is too short: a burst of clients
 *          is not let in at once.
 * fix:     listen(listenfd, SOMAXCONN) instead of a small backlog
 * python:  listen(128): socketserver's request_queue_size is 5 unless it is
 *          set
 */
#include "server.h"

int open_listener(in_port_t port)
{
    int listenfd = socket(AF_INET, SOCK_STREAM, 0);
    if (listenfd < 0) {
        perror("socket");
        exit(EXIT_FAILURE);
    }

    int on = 1;
    if (setsockopt(listenfd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        perror("SO_REUSEADDR");

    struct sockaddr_in addr = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_ANY),
    };
    if (bind(listenfd, (struct sockaddr *)&addr, sizeof addr) < 0) {
        perror("bind");
        exit(EXIT_FAILURE);
    }
    if (listen(listenfd, 1) < 0) {
        perror("listen");
        exit(EXIT_FAILURE);
    }
    return listenfd;
}
