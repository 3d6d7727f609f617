/* defect:   any-method-is-get
 * of:       ref-http
 * breaks:   http/unknown-method
 * why:      It looks at the path and never at the method: DELETE brings the
 *           page, too.
 * source:   RFC 9110 §9.1, §15.6.2
 * cause:    The server takes any method for GET.
 * fix:      compare the first word with GET and HEAD, and answer anything else
 *           with 501 Not Implemented
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
    if (post)
        return send_text(c, r, 405, "GET and HEAD are known.\n");

    int file = find_file(r->target);
    if (file < 0)
        return send_text(c, r, 404, "There is no such file.\n");
    int sent = send_file(c, r, file);
    close(file);
    return sent;
}
