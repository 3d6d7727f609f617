/* The session is the child's own: no other client has its name or its half
 * lines.
 */
#include "server.h"
#include "schedule/schedule.h"

int serve(int connfd)
{
    struct session session = {0};
    char buf[512];
    ssize_t n;
    enum next next = greet(connfd);

    while (next == GO_ON && (n = receive(connfd, buf, sizeof buf)) > 0)
        next = take(&session, connfd, buf, (size_t)n);
    return next == BROKEN;
}
