// In every fuzz target: what the sanitizers would spend on remembering more than a small input needs goes into more inputs.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "quarantine_size_mb=8:malloc_context_size=4"; }
