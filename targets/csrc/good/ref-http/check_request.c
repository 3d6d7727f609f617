/* A request of HTTP/1.1 has exactly one Host: RFC 9112 §3.2. One of HTTP/1.0
 * cannot be chunked (§6.1).
 */
#include "http.h"

void check_request(struct request *r)
{
    if (r->status != 0)
        return;
    if (r->minor >= 1 && r->hosts != 1)
        r->status = 400;
    if (r->minor == 0 && r->chunked)
        r->status = 400;
}
