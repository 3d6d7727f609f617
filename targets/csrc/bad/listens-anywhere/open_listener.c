/* defect:  listens-anywhere
 * breaks:  launch/restarts-at-once
 * why:     It ignores the result of bind(). When the port is in use, listen()
 *          binds the socket to a random one, which no client knows.
 * source:  bind(2); ip(7), ip_local_port_range
 * cause:   The server does not check what bind returns: it listens on a port
 *          that no client knows.
 * fix:     if (bind(...) < 0) tell it and end; set SO_REUSEADDR before
 * python:  do not catch the OSError of bind(); set SO_REUSEADDR before
 * seen:    elsewhere
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
    bind(listenfd, (struct sockaddr *)&addr, sizeof addr);
    if (listen(listenfd, 1024) < 0) {
        perror("listen");
        exit(EXIT_FAILURE);
    }
    return listenfd;
}
