/* A connection of HTTP/1.1 persists unless the client says close: RFC 9112
 * §9.3. One of HTTP/1.0 does not. It ends, too, where the end of the request
 * is in doubt: after an error, and after a request that has both a length and
 * chunks (§6.1).
 */
#include "http.h"

int persists(const struct request *r)
{
    if (r->status != 0 || r->minor == 0 || r->close)
        return 0;
    return !(r->chunked && r->lengths > 0);
}
