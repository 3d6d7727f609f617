/* defect:   answers-something-else
 * of:       shouts
 * breaks:   concurrency/many concurrency/hundred
 * why:      It keeps the line in one buffer and answers from another: each
 *           answer is the one to the line before.
 * source:   UNP 3rd ed. §3.9
 * cause:    The server answers each line with what belongs to the line before.
 * fix:      answer with the line that was just read, not with what is left
 *           in a buffer
 * seen:     other-line
 */
#include "server.h"
#include <ctype.h>

/* Reads a line without its end into line, as much of it as there is room for.
 * Returns its length, or -1 when the client has ended its side. */
static ssize_t read_line(int connfd, char *line, size_t size)
{
    static char buf[512];
    static ssize_t at, end;
    size_t n = 0;

    for (;;) {
        if (at == end) {
            at = 0;
            if ((end = receive(connfd, buf, sizeof buf)) <= 0)
                return -1;
        }
        char c = buf[at++];
        if (c == '\n')
            return (ssize_t)n;
        if (n < size)
            line[n++] = c;
    }
}

int serve(int connfd)
{
    char line[1024], before[1024] = "HELLO";
    size_t last = 5;
    ssize_t n;

    while ((n = read_line(connfd, line, sizeof line - 1)) >= 0) {
        before[last] = '\n';
        if (send_all(connfd, before, last + 1) < 0)
            return 1;
        for (last = 0; last < (size_t)n; last++)
            before[last] = (char)toupper((unsigned char)line[last]);
    }
    return 0;
}
