# Flags of every target: the language, the arithmetic, the warnings.
add_library(flags INTERFACE)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# -ffp-contract=off: each operation is rounded once, on every machine and by every compiler. Nor may
# anything relax IEEE arithmetic (-ffast-math and its parts).
target_compile_options(flags INTERFACE -ffp-contract=off -fno-math-errno
    -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes
    -Wmissing-prototypes -Wvla)
target_compile_definitions(flags INTERFACE _POSIX_C_SOURCE=200809L
    DESCEND_VERSION="${PROJECT_VERSION}")
if(DESCEND_WERROR)
    target_compile_options(flags INTERFACE -Werror)
endif()
if(DESCEND_HOSTILE)
    target_compile_definitions(flags INTERFACE DESCEND_HOSTILE DESCEND_BLOCK_ROWS=3)
endif()
if(DESCEND_MINIMAL)
    target_compile_definitions(flags INTERFACE DESCEND_MINIMAL)
else()
    find_package(Iconv QUIET) # reads GB18030 tables; used where it is part of the C library
    if(Iconv_IS_BUILT_IN)
        target_compile_definitions(flags INTERFACE DESCEND_ICONV)
    endif()
endif()
if(DESCEND_SANITIZE)
    target_compile_options(flags INTERFACE -fsanitize=${DESCEND_SANITIZE}
        -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(flags INTERFACE -fsanitize=${DESCEND_SANITIZE})
endif()

if(DESCEND_FUZZ)
    target_compile_options(flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# The command stays below 2 MB: no tables for unwinding and no names of functions in it, relocations
# packed where the linker can.
function(descend_make_small target)
    include(CheckLinkerFlag)
    check_linker_flag(C "-Wl,-z,pack-relative-relocs" DESCEND_HAS_PACKED_RELOCATIONS)
    if(DESCEND_HAS_PACKED_RELOCATIONS)
        target_link_options(${target} PRIVATE -Wl,-z,pack-relative-relocs)
    endif()
    target_link_options(${target} PRIVATE -s)
endfunction()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(flags INTERFACE -fno-asynchronous-unwind-tables -fno-unwind-tables)
endif()

# Inner loops that are built once more for newer processors (src/exec/kernels.c chooses). Loops may
# compute what a branch leaves out, as no trap is looked at; the bits stay.
function(descend_instruction_sets)
    include(CheckCCompilerFlag)
    set(loops "-O3 -fno-trapping-math")
    set(avx2 "-mavx2 -mbmi2")
    set(avx512 "-mavx512f -mavx512dq -mavx512vl -mavx512bw -mbmi2")
    check_c_compiler_flag("${avx512}" DESCEND_HAS_AVX512)
    check_c_compiler_flag("-mprefer-vector-width=512" DESCEND_HAS_VECTOR_WIDTH)
    if(DESCEND_HAS_VECTOR_WIDTH)
        string(APPEND avx512 " -mprefer-vector-width=512")
    endif()
    # gcc 12 misaligns vectors of 64 bytes in what it checks after a return (its bug 110027).
    if(DESCEND_SANITIZE MATCHES "address" AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
        string(APPEND avx512 " --param=asan-use-after-return=0")
    endif()
    if(NOT DESCEND_HAS_AVX512)
        set(avx2 "")
        set(avx512 "")
    endif()
    set_source_files_properties(src/exec/kernels.c src/optim/qr.c src/optim/vector.c PROPERTIES
        COMPILE_FLAGS "${loops}")
    set_source_files_properties(src/exec/kernels_avx2.c PROPERTIES COMPILE_FLAGS "${loops} ${avx2}")
    set_source_files_properties(src/exec/kernels_avx512.c PROPERTIES
        COMPILE_FLAGS "${loops} ${avx512}")
endfunction()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
    set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()
