/* defect:   leaves-the-body
 * of:       ref-http
 * breaks:   http/post
 * why:      It knows Content-Length and not the chunked coding: a body in
 *           chunks is left, and taken for the next request.
 * source:   RFC 9112 §6.3, §7.1
 * cause:    The server leaves a body in chunks unread, and takes it for the
 *           next request.
 * fix:      when Transfer-Encoding is chunked, read chunks until the one of
 *           size 0 and the empty line behind it; or answer 411 and close
 * seen:     body-as-request
 */
#include "http.h"

/* Returns the next byte; -1 at the end. */
static int next_byte(struct conn *c)
{
    if (c->n == 0) {
        ssize_t n = receive(c->fd, c->in, sizeof c->in);
        if (n <= 0)
            return -1;
        c->n = (size_t)n;
        c->used = 0;
    }
    c->n--;
    return (unsigned char)c->in[c->used++];
}

/* Reads a line without its end, and drops what there is no room for. Returns
 * its length; -1 at the end. */
static int next_line(struct conn *c, char *line, int size)
{
    int n = 0, byte;
    while ((byte = next_byte(c)) != '\n') {
        if (byte < 0)
            return -1;
        if (byte != '\r' && n + 1 < size)
            line[n++] = (char)byte;
    }
    line[n] = '\0';
    return n;
}

static int take(struct conn *c, struct request *r, long long length)
{
    for (; length > 0; length--, r->body++) {
        if (next_byte(c) < 0)
            return -1;
    }
    return 0;
}

static int take_chunks(struct conn *c, struct request *r)
{
    char line[64];
    for (;;) {
        if (next_line(c, line, sizeof line) < 0 ||
            !isxdigit((unsigned char)line[0]))
            return -1;
        long long size = strtoll(line, NULL, 16);
        if (size == 0)
            break;
        if (take(c, r, size) < 0 || next_line(c, line, sizeof line) != 0)
            return -1;
    }
    int n;
    while ((n = next_line(c, line, sizeof line)) > 0)
        ;                                   /* the trailer */
    return n;
}

int take_body(struct conn *c, struct request *r)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

    if (r->status != 0)
        return 0;
    if (r->expects && r->minor >= 1 && (r->chunked || r->length > 0) &&
        send_all(c->fd, go_on, sizeof go_on - 1) < 0)
        return -1;
    (void)take_chunks;
    return r->chunked ? 0 : take(c, r, r->length);
}
