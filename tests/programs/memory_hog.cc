// Takes memory and uses it: memory_hog MIB. Says when it has all of it.
#include <cstdio>
#include <cstdlib>
#include <cstring>

int main(int count, char** words) {
  const long wanted = count == 2 ? std::strtol(words[1], nullptr, 10) : 0;
  if (wanted <= 0 || wanted > 1024) {
    std::fputs("usage: memory_hog MIB\n", stderr);
    return 2;
  }
  constexpr std::size_t piece = 1u << 20;
  for (long got = 0; got < wanted; ++got) {
    void* const memory = std::malloc(piece);
    if (!memory) return 1;
    std::memset(memory, 1 + static_cast<int>(got & 1), piece);
  }
  std::puts("has it");
}
