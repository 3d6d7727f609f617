/* A banner with a number that is not the port, then the port. */
#include "server.h"

void ready(int listenfd)
{
    struct sockaddr_storage addr;
    socklen_t size = sizeof addr;
    char port[NI_MAXSERV];

    if (getsockname(listenfd, (struct sockaddr *)&addr, &size) < 0) {
        perror("getsockname");
        exit(EXIT_FAILURE);
    }
    getnameinfo((struct sockaddr *)&addr, size, NULL, 0, port, sizeof port,
                NI_NUMERICSERV);
    printf("*** chatty server, release 8080 ***\n");
    printf("*** fully tested, ready to serve ***\n");
    printf("listening on port %s\n", port);
    fflush(stdout);
}
