/* defect:   persists-after-both
 * of:       ref-http
 * breaks:   http/length-and-chunked
 * why:      It goes by the chunks, and serves on: a proxy before it that went
 *           by the length has another request next.
 * source:   RFC 9112 §6.1, §11.2
 * cause:    The server keeps the connection after a request with both
 *           Content-Length and Transfer-Encoding.
 * fix:      answer 400 to such a request, or go by the chunks; close the
 *           connection in either case
 */
#include "http.h"

int persists(const struct request *r)
{
    if (r->status != 0 || r->minor == 0 || r->close)
        return 0;
    return 1;
}
