/* What Debian's libmnl.a wants of glibc and musl does not have. Both are reached only from
 * mnl_nlmsg_fprintf(), the debug printer. Becomes a member of libmnl.a in the musl sysroot. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

int __fprintf_chk(FILE *stream, int flag, const char *format, ...)
{
  va_list arguments;
  int written;
  (void)flag;
  va_start(arguments, format);
  written = vfprintf(stream, format, arguments);
  va_end(arguments);
  return written;
}

/* glibc's isprint() and kin look into this table, indexed from -128 to 255. The bits are those of
 * glibc's <ctype.h> on a little-endian machine. */
const unsigned short **__ctype_b_loc(void)
{
  static unsigned short table[384];
  static const unsigned short *base = table + 128;
  int c;
  if (table[128 + 'a'] == 0) {
    for (c = 0; c < 128; ++c) {
      table[128 + c] = (unsigned short)(
          (isupper(c) ? 0x0100 : 0) | (islower(c) ? 0x0200 : 0) | (isalpha(c) ? 0x0400 : 0) |
          (isdigit(c) ? 0x0800 : 0) | (isxdigit(c) ? 0x1000 : 0) | (isspace(c) ? 0x2000 : 0) |
          (isprint(c) ? 0x4000 : 0) | (isgraph(c) ? 0x8000 : 0) | (isblank(c) ? 0x0001 : 0) |
          (iscntrl(c) ? 0x0002 : 0) | (ispunct(c) ? 0x0004 : 0) | (isalnum(c) ? 0x0008 : 0));
    }
  }
  return &base;
}
