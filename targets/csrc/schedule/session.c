/* What has arrived is kept until a line is whole: read() knows no lines. */
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
        if (next != GO_ON)
            return next;
    }
    return GO_ON;
}
