/* What Debian's libsodium.a wants of glibc and musl does not have: the fortified name of
 * explicit_bzero(). Becomes a member of libsodium.a in the musl sysroot. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

void __explicit_bzero_chk(void *memory, size_t length, size_t size)
{
  if (length > size) abort();
  explicit_bzero(memory, length);
}
