/* defect:   needs-no-host
 * of:       ref-http
 * breaks:   http/host
 * why:      It serves one site and never looks for Host, though it says that it
 *           speaks HTTP/1.1.
 * source:   RFC 9112 §3.2
 * cause:    The server answers a request of HTTP/1.1 without Host as any other.
 * fix:      if the version is 1.1 and there is not exactly one Host field,
 *           answer 400; or say HTTP/1.0 in the status line
 * seen:     answers-2xx
 */
#include "http.h"

void check_request(struct request *r)
{
    if (r->status != 0)
        return;
    if (r->minor == 0 && r->chunked)
        r->status = 400;
}
