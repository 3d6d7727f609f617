/* Even an error has a body, so that a person sees what is wrong. A page that
 * begins with a tag is HTML.
 */
#include "http.h"

int send_text(struct conn *c, struct request *r, int status, const char *text)
{
    const char *type = *text == '<' ? "text/html" : "text/plain";
    size_t length = strlen(text);

    if (send_head(c, r, status, type, (long long)length) < 0)
        return -1;
    if (r->method != NULL && strcmp(r->method, "HEAD") == 0)
        return 0;
    return send_all(c->fd, text, length);
}
