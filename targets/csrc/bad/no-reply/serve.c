/* defect:   no-reply
 * of:       shouts
 * breaks:   launch/serves-again concurrency/reverse-order concurrency/many
 *           concurrency/hundred
 * why:      It prints its answers through stdio, which keeps what goes to a
 *           socket until its buffer is full: no client hears anything.
 * source:   setbuf(3); stdout(3)
 * cause:    The answers stay in a buffer of stdio: no client hears anything.
 * fix:      fflush after each answer, or use write
 * python:   flush() after each answer, or use conn.sendall()
 * seen:     no-reply
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
    FILE *out = fdopen(dup(connfd), "w");
    char line[1024];
    ssize_t n;

    while ((n = read_line(connfd, line, sizeof line - 1)) >= 0) {
        for (ssize_t i = 0; i < n; i++)
            line[i] = (char)toupper((unsigned char)line[i]);
        line[n] = '\n';
        if (fwrite(line, 1, (size_t)n + 1, out) == 0)
            return 1;
    }
    return 0;
}
