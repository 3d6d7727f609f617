/* defect:   loses-end-of-long-line
 * of:       ref-http
 * breaks:   http/long-target
 * why:      It skips a line that is too long, and with it what came behind:
 *           then it waits for the end of a head that it has thrown away.
 * source:   RFC 9112 §3; RFC 9110 §15.5.15
 * cause:    The server does not answer a target that is longer than its buffer:
 *           it waits for the end of a head that has come.
 * fix:      when the buffer is full and no line has ended, answer 414 and close
 * seen:     unanswered
 */
#include "http.h"

/* Returns the byte behind the empty line, or NULL. */
static char *end_of_head(char *head, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        if (head[i] != '\n')
            continue;
        if (head[i + 1] == '\n')
            return head + i + 2;
        if (head[i + 1] == '\r' && i + 2 < n && head[i + 2] == '\n')
            return head + i + 3;
    }
    return NULL;
}

int read_head(struct conn *c, struct request *r)
{
    static char head[LONGEST_HEAD];
    char *end;

    memmove(c->in, c->in + c->used, c->n);
    c->used = 0;
    for (;;) {
        size_t skip = 0;
        while (skip < c->n && (c->in[skip] == '\r' || c->in[skip] == '\n'))
            skip++;
        c->n -= skip;
        memmove(c->in, c->in + skip, c->n);
        if ((end = end_of_head(c->in, c->n)) != NULL)
            break;
        if (c->n >= LONGEST_LINE && !memchr(c->in, '\n', c->n)) {
            while (!memchr(c->in, '\n', c->n)) {     /* skip it */
                ssize_t n = receive(c->fd, c->in, sizeof c->in);
                if (n <= 0)
                    return 0;
                c->n = (size_t)n;
            }
            c->n = 0;
            continue;
        }
        if (c->n == sizeof c->in) {
            r->status = 431;
            return 1;
        }
        ssize_t n = receive(c->fd, c->in + c->n, sizeof c->in - c->n);
        if (n <= 0)
            return 0;
        c->n += (size_t)n;
    }
    c->used = (size_t)(end - c->in);
    memcpy(head, c->in, c->used);
    head[c->used - 1] = '\0';               /* in place of the last LF */
    if (memchr(head, '\0', c->used - 1) != NULL)
        r->status = 400;
    r->line = head;
    r->fields = strchr(head, '\n');
    if (r->fields != NULL)
        *r->fields++ = '\0';
    return 1;
}
