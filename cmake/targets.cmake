# How martlet declares its targets. Each folder of src/ is one static library, martlet_<name>, that links only
# what it names; tests, benchmarks and fuzz targets stand beside the code they exercise.

# The options that every target of ours compiles with.
add_library(martlet_options INTERFACE)
target_compile_features(martlet_options INTERFACE cxx_std_20)
target_compile_options(martlet_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-compare -Wno-sign-conversion
  $<$<BOOL:${MARTLET_WERROR}>:-Werror>)

# martlet_library(<name> [APP_ONLY] SOURCES a.cc ... [LINK lib ...] [PRIVATE_LINK lib ...])
# APP_ONLY: a part of the command line that libmartlet.so does not have.
function(martlet_library name)
  cmake_parse_arguments(ARG "APP_ONLY" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(martlet_${name} STATIC)
  target_sources(martlet_${name} PRIVATE ${ARG_SOURCES})
  target_include_directories(martlet_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(martlet_${name} PUBLIC ${ARG_LINK} PRIVATE martlet_options ${ARG_PRIVATE_LINK})
  set_target_properties(martlet_${name} PROPERTIES
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON CXX_EXTENSIONS OFF)
  if(NOT ARG_APP_ONLY)
    set_property(GLOBAL APPEND PROPERTY MARTLET_LIBRARIES martlet_${name})
  endif()
endfunction()

# martlet_test(<file>_test.cc LINK lib ...): one GoogleTest executable, each of its tests known to ctest.
function(martlet_test source)
  if(NOT MARTLET_DEVELOPER)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE martlet_options ${ARG_LINK} GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE MARTLET_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "SKIPPED-ALL")
endfunction()

# martlet_bench(<file>_bench.cc LINK lib ...): one Google Benchmark executable, run by hand.
function(martlet_bench source)
  if(NOT MARTLET_DEVELOPER)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE martlet_options ${ARG_LINK} benchmark::benchmark)
  target_compile_definitions(${name} PRIVATE MARTLET_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
endfunction()

# martlet_fuzz(<file>_fuzz.cc LINK lib ...): one libFuzzer executable (preset fuzz). Its seed corpus is
# tests/fuzz/<file>/.
function(martlet_fuzz source)
  if(NOT MARTLET_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE martlet_options ${ARG_LINK})
  target_compile_definitions(${name} PRIVATE MARTLET_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
