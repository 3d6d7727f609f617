/* defect:   answers-twice
 * of:       shouts
 * protocol: line
 * breaks:   concurrency/many concurrency/hundred
 * why:      It says "ok" of its own after each answer: the client takes that
 *           for the answer to its next line.
 * source:   RFC 5321 §4.2; UNP 3rd ed. §3.9
 * cause:    The server answers each line with two lines.
 * fix:      send one line for each line that was read
 * seen:     line-too-many
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
    char line[1024];
    ssize_t n;

    while ((n = read_line(connfd, line, sizeof line - 4)) >= 0) {
        for (ssize_t i = 0; i < n; i++)
            line[i] = (char)toupper((unsigned char)line[i]);
        memcpy(line + n, "\nOK\n", 4);
        if (send_all(connfd, line, (size_t)n + 4) < 0)
            return 1;
    }
    return 0;
}
