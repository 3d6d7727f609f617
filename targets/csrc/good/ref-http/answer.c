/* GET and HEAD ask for a file, POST of /count how long its body is. Another
 * method is 501 (RFC 9110 §9.1); one that is known, and of no use here, 405.
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
        return send_text(c, r, 404, "There is no such file.\n");
    int sent = send_file(c, r, file);
    close(file);
    return sent;
}
