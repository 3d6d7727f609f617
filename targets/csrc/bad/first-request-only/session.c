/* defect:  first-request-only
 * of:      ref-schedule
 * breaks:  dialogue/pipelined
 * why:     Of the requests that arrive together it answers the first and drops
 *          the others.
 * source:  tcp(7); UNP 3rd ed. §3.9
 * cause:   Of several requests that one read returned only the first is
 *          answered.
 * fix:     after a request, look for the next one in the rest of the buffer
 *          before you read again
 */
#include "server.h"
#include "schedule/schedule.h"

enum next take(struct session *session, int connfd, const char *buf, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (buf[i] != '\n') {
            if (session->have < LINE_SIZE - 1)
                session->line[session->have++] = buf[i];
            continue;
        }
        if (session->have > 0 && session->line[session->have - 1] == '\r')
            session->have--;
        session->line[session->have] = '\0';
        session->have = 0;
        enum next next = answer(session, connfd, session->line);
        return next;
    }
    return GO_ON;
}
