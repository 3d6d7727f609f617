/* With port 0 only the kernel knows the port: getsockname(2). The output is
 * flushed because stdout is fully buffered when it is a pipe or a file.
 */
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
    printf("listening on port %s\n", port);
    fflush(stdout);
}
