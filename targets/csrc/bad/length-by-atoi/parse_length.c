/* defect:   length-by-atoi
 * of:       ref-http
 * breaks:   http/bad-length
 * why:      atoi takes the digits in front and ignores the rest; where there
 *           are none it returns 0.
 * source:   RFC 9112 §6.3; atoi(3)
 * cause:    The server takes a Content-Length that is no number.
 * fix:      strtoull, and check that a digit comes first and that nothing
 *           follows; else answer 400 and close
 * python:   value.isdecimal() before int(value)
 * seen:     length-taken
 */
#include "http.h"

long long parse_length(const char *text)
{
    return atoi(text);
}
