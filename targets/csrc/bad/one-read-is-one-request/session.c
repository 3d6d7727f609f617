/* defect:  one-read-is-one-request
 * of:      ref-schedule
 * breaks:  dialogue/in-pieces dialogue/pipelined faults/short-read
 * why:     It takes what one read() returns for one request, whole or not.
 * source:  tcp(7); UNP 3rd ed. §3.9
 * cause:   What one read returned is taken for one request.
 * fix:     keep what has arrived until there is a newline, and keep the rest
 *          for the next request
 */
#include "server.h"
#include "schedule/schedule.h"

enum next take(struct session *session, int connfd, const char *buf, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (buf[i] != '\n' && session->have < LINE_SIZE - 1)
            session->line[session->have++] = buf[i];
        if (i + 1 < n)
            continue;
        if (session->have > 0 && session->line[session->have - 1] == '\r')
            session->have--;
        session->line[session->have] = '\0';
        session->have = 0;
        enum next next = answer(session, connfd, session->line);
        if (next != GO_ON)
            return next;
    }
    return GO_ON;
}
