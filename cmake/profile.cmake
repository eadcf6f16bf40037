# A release build that knows which way most commands go: the compiler counts, in a program built for that
# (ALDIS_PROFILE=generate), how often each branch is taken under load, and lays out the code by it (ALDIS_PROFILE=use). The folder of
# the counts is ALDIS_PROFILE_DIR; `./dev build` does all of it, with the load of bench/train.sh.
set(ALDIS_PROFILE "" CACHE STRING "Count what runs (generate), build by such counts (use), or neither")
set(ALDIS_PROFILE_DIR ${CMAKE_SOURCE_DIR}/build/profile CACHE PATH "Where the counts are")
set_property(CACHE ALDIS_PROFILE PROPERTY STRINGS "" generate use)

if(ALDIS_PROFILE)
  if(NOT CMAKE_C_COMPILER_ID STREQUAL "GNU" OR CMAKE_C_COMPILER_VERSION VERSION_LESS 12)
    message(FATAL_ERROR "ALDIS_PROFILE needs gcc 12 or newer")
  endif()
  # Counts are found again by the name of the object below the build folder, so that two of these can share them.
  add_compile_options(-fprofile-prefix-path=${CMAKE_BINARY_DIR})
endif()
if(ALDIS_PROFILE STREQUAL "generate")
  add_compile_options(-fprofile-generate=${ALDIS_PROFILE_DIR})
  add_link_options(-fprofile-generate=${ALDIS_PROFILE_DIR})
elseif(ALDIS_PROFILE STREQUAL "use")
  # What the load did not reach is compiled as ever, and not for size, and so is what changed since; threads other than the
  # loop's may have counted at the same time as it.
  add_compile_options(-fprofile-use=${ALDIS_PROFILE_DIR} -fprofile-partial-training -fprofile-correction -Wno-missing-profile
    -Wno-coverage-mismatch)
  add_link_options(-Wno-stringop-overflow) # seen where a size that was always the same has become a case of its own
elseif(ALDIS_PROFILE)
  message(FATAL_ERROR "ALDIS_PROFILE is generate, use or empty, and not ${ALDIS_PROFILE}")
endif()
