/* A head ends with an empty line. TCP may bring it in any pieces (RFC 9112
 * §2.2), so read until the line is there. A line that ends in LF alone is
 * taken, too, and empty lines before the request are skipped.
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
            r->status = 414;
            return 1;
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
