/* defect:  no-reuseaddr
 * breaks:  launch/restarts-at-once
 * why:     Connections of the previous run stay in TIME_WAIT or FIN_WAIT, and
 *          bind() fails with EADDRINUSE for as long as they do.
 * source:  socket(7), SO_REUSEADDR; UNP 3rd ed. §7.5
 * cause:   The server cannot start again at once: its port counts as in use.
 * fix:     setsockopt(listenfd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on))
 *          before bind
 * python:  sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1) before
 *          bind()
 * seen:    cannot-bind
 */
#include "server.h"

int open_listener(in_port_t port)
{
    int listenfd = socket(AF_INET, SOCK_STREAM, 0);
    if (listenfd < 0) {
        perror("socket");
        exit(EXIT_FAILURE);
    }

    struct sockaddr_in addr = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_ANY),
    };
    if (bind(listenfd, (struct sockaddr *)&addr, sizeof addr) < 0) {
        perror("bind");
        exit(EXIT_FAILURE);
    }
    if (listen(listenfd, 1024) < 0) {
        perror("listen");
        exit(EXIT_FAILURE);
    }
    return listenfd;
}
