/* hostile:      abstract-leftovers
 * threat:       Has a daemon hold an abstract socket and a port, for the server
 *               that is judged next to find or to collide with.
 * contained-by: a network namespace of its own; the tree is ended as a whole
 * from:         same-uid
 * expect:       conformant
 * source:       unix(7), abstract sockets; network_namespaces(7)
 */
#include "hostile/attempt.h"
#include <stddef.h>
#include <sys/un.h>

void ready(int listenfd)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0left"};
    socklen_t size = offsetof(struct sockaddr_un, sun_path) + 5;
    int found = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(found, (struct sockaddr *)&name, size) == 0)
        attempted(0, "finding the socket of an earlier server");
    close(found);

    if (fork() == 0) {
        close(listenfd);
        setsid();
        int left = socket(AF_UNIX, SOCK_STREAM, 0);
        if (bind(left, (struct sockaddr *)&name, size) == 0)
            listen(left, 1);
        all_tried();
        for (;;)
            pause();
    }
}
