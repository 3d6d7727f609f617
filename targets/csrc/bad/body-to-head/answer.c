/* defect:   body-to-head
 * of:       ref-http
 * breaks:   http/head
 * why:      It answers HEAD as GET, with the file behind the head.
 * source:   RFC 9110 §9.3.2
 * cause:    The server sends a body in answer to HEAD.
 * fix:      when the method is HEAD, send the head with its Content-Length, and
 *           no body
 * seen:     body-behind-head
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

    r->method = "GET";                      /* HEAD is the same */
    int file = find_file(r->target);
    if (file < 0)
        return send_text(c, r, 404, "There is no such file.\n");
    int sent = send_file(c, r, file);
    close(file);
    return sent;
}
