/* Content-Length is one or more digits and nothing else: RFC 9112 §6.2.
 * strtoll alone would take a sign, spaces and what follows the digits.
 */
#include "http.h"

long long parse_length(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[digits] != '\0')
        return -1;
    return strtoll(text, NULL, 10);
}
