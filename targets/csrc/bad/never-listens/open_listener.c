/* defect:  never-listens
 * breaks:  launch/listens
 * why:     socket() and bind() alone make no listening socket: every client
 *          is refused, and accept() fails with EINVAL.
 * source:  listen(2); accept(2), ERRORS, EINVAL; UNP 3rd ed. §4.5
 * cause:   The server never calls listen: every client is refused.
 * fix:     listen(listenfd, SOMAXCONN) after bind, and check what it returns
 * python:  sock.listen() after bind()
 * seen:    ended, accept-einval
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
    return listenfd;
}
