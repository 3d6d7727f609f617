/* defect:   ok-without-file
 * of:       ref-http
 * breaks:   http/not-found
 * why:      Its page that says "no such file" has the status 200, as every page
 *           of it.
 * source:   RFC 9110 §15.5.5
 * cause:    The server answers an unknown path with 200.
 * fix:      choose the status line by whether the file could be opened:
 *           "HTTP/1.1 404 Not Found"
 * seen:     answers-2xx
 */
#include "http.h"

int answer(struct conn *c, struct request *r)
{
    char count[64];

    if (r->status != 0)
        return send_text(c, r, r->status, "The request is in error.\n");

    int post = strcmp(r->method, "POST") == 0;
    if (post && strcmp(r->target, "/count") == 0) {
        snprintf(count, sizeof count, "%lld bytes\n", r->body);
        return send_text(c, r, 200, count);
    }
    if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0)
        return send_text(c, r, post ? 405 : 501, "GET and HEAD are known.\n");

    int file = find_file(r->target);
    if (file < 0)
        return send_text(c, r, 200, "There is no such file.\n");
    int sent = send_file(c, r, file);
    close(file);
    return sent;
}
