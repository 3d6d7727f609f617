/* variant:  shouts
 * model:    forking
 * protocol: line
 * reply:    upper
 * why:      It answers each line in capitals, and only when the line is whole:
 *           a read may return a part of a line, or several lines.
 * source:   UNP 3rd ed. §3.9, readline; toupper(3)
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

    while ((n = read_line(connfd, line, sizeof line - 1)) >= 0) {
        for (ssize_t i = 0; i < n; i++)
            line[i] = (char)toupper((unsigned char)line[i]);
        line[n] = '\n';
        if (send_all(connfd, line, (size_t)n + 1) < 0)
            return 1;
    }
    return 0;
}
