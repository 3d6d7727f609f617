/* defect:  waits-for-the-line
 * of:      ref-schedule
 * breaks:  dialogue/abandoned
 * why:     Once a line has begun it reads until it is whole and does not test
 *          for the end: a client that leaves in the middle of a line leaves a
 *          child that uses the processor for ever.
 * source:  read(2), RETURN VALUE; UNP 3rd ed. §3.9
 * cause:   The loop that reads the rest of a line does not end when the client
 *          has left.
 * fix:     test every read for 0, also in the middle of a line, and end the
 *          connection then
 */
#include "server.h"
#include "schedule/schedule.h"

int serve(int connfd)
{
    struct session session = {0};
    char buf[512];
    ssize_t n;
    enum next next = greet(connfd);

    while (next == GO_ON && (n = receive(connfd, buf, sizeof buf)) > 0) {
        next = take(&session, connfd, buf, (size_t)n);
        while (next == GO_ON && session.have > 0) {
            n = receive(connfd, buf, sizeof buf);
            next = take(&session, connfd, buf, n < 0 ? 0 : (size_t)n);
        }
    }
    return next == BROKEN;
}
