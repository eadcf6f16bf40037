# What is installed for other programs: the shared and the static library of a layer, its headers, and what finds them.
#
# Both show what begins with aldis_ and nothing else: the shared one by a version script, the static one because it is a single
# object in which everything hidden was made local. The names of libaldis-hub carry another version than those of libaldis, which
# it contains, so a program that comes to hold both (through a plugin) keeps them apart.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(ALDIS_LIBRARY_DIR ${CMAKE_BINARY_DIR}/lib)
# While the major version is 0 a new minor one may break programs, so the name they are linked to changes with it.
set(ALDIS_SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

# Where a .pc file finds the rest: from where it lies itself, so that the prefix may be chosen when it is installed.
file(RELATIVE_PATH ALDIS_PC_UP /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" ALDIS_PC_UP "${ALDIS_PC_UP}")
set(ALDIS_PC_PREFIX "\${pcfiledir}/${ALDIS_PC_UP}")
set(ALDIS_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
set(ALDIS_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(ALDIS_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
  set(ALDIS_PC_LIBDIR ${CMAKE_INSTALL_FULL_LIBDIR})
  set(ALDIS_PC_INCLUDEDIR ${CMAKE_INSTALL_FULL_INCLUDEDIR})
endif()

# ald_public(NAME LAYERS layer... USES layer...): libNAME.so and libNAME.a of the objects of LAYERS and what they need of USES.
function(ald_public name)
  cmake_parse_arguments(PUBLIC "" "" "LAYERS;USES" ${ARGN})
  set(objects)
  set(archives)
  foreach(layer ${PUBLIC_LAYERS})
    list(APPEND objects $<TARGET_OBJECTS:${layer}>)
  endforeach()
  foreach(layer ${PUBLIC_USES})
    list(APPEND archives $<TARGET_FILE:${layer}>)
  endforeach()

  string(TOUPPER "${name}_${ALDIS_SOVERSION}" node)
  string(REPLACE "-" "_" node ${node})
  set(script ${CMAKE_CURRENT_BINARY_DIR}/${name}.map)
  file(CONFIGURE OUTPUT ${script} CONTENT "@node@ { global: aldis_*; local: *; };\n" @ONLY)
  add_library(${name}_shared SHARED ${objects})
  target_link_libraries(${name}_shared PRIVATE ${PUBLIC_USES})
  target_link_options(${name}_shared PRIVATE -Wl,--version-script=${script} -Wl,-Bsymbolic-functions)
  set_target_properties(${name}_shared PROPERTIES OUTPUT_NAME ${name} LINKER_LANGUAGE C VERSION ${PROJECT_VERSION}
    SOVERSION ${ALDIS_SOVERSION} LIBRARY_OUTPUT_DIRECTORY ${ALDIS_LIBRARY_DIR} LINK_DEPENDS ${script})

  set(one ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
  set(archive ${ALDIS_LIBRARY_DIR}/lib${name}.a)
  set(whole)
  if(CMAKE_INTERPROCEDURAL_OPTIMIZATION AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
    set(whole -O2 -fPIC -flto -flinker-output=nolto-rel) # machine code, for whatever compiler comes
  endif()
  add_custom_command(OUTPUT ${archive}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${ALDIS_LIBRARY_DIR}
    COMMAND ${CMAKE_C_COMPILER} -r -nostdlib ${whole} -o ${one} ${objects} -Wl,--start-group ${archives} -Wl,--end-group
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${one}
    COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
    COMMAND ${CMAKE_AR} rcs ${archive} ${one}
    DEPENDS ${PUBLIC_LAYERS} ${PUBLIC_USES} COMMAND_EXPAND_LISTS VERBATIM COMMENT "Making lib${name}.a")
  add_custom_target(${name}_static ALL DEPENDS ${archive})

  install(TARGETS ${name}_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR})
  configure_file(${CMAKE_SOURCE_DIR}/cmake/${name}.pc.in ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

# ald_package(): headers, the CMake package, the programs.
function(ald_package)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/aldis/*.h)
  install(FILES ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/aldis)
  set(place ${CMAKE_INSTALL_LIBDIR}/cmake/aldis)
  configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/aldis-config.cmake.in
    ${CMAKE_CURRENT_BINARY_DIR}/aldis-config.cmake INSTALL_DESTINATION ${place}
    PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
  write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/aldis-config-version.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/aldis-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/aldis-config-version.cmake
    DESTINATION ${place})
  install(TARGETS aldisd aldis RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()
