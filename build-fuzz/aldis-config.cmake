# find_package(aldis) gives aldis::aldis, the client library, and aldis::hub, which has the client library in it and a whole hub as
# well: a program links one of the two. aldis::aldis_static and aldis::hub_static are the same as archives.

####### Expanded from @PACKAGE_INIT@ by configure_package_config_file() #######
####### Any changes to this file will be overwritten by the next CMake run ####
####### The input file was aldis-config.cmake.in                            ########

get_filename_component(PACKAGE_PREFIX_DIR "${CMAKE_CURRENT_LIST_DIR}/../../../" ABSOLUTE)

macro(set_and_check _var _file)
  set(${_var} "${_file}")
  if(NOT EXISTS "${_file}")
    message(FATAL_ERROR "File or directory ${_file} referenced by variable ${_var} does not exist !")
  endif()
endmacro()

macro(check_required_components _NAME)
  foreach(comp ${${_NAME}_FIND_COMPONENTS})
    if(NOT ${_NAME}_${comp}_FOUND)
      if(${_NAME}_FIND_REQUIRED_${comp})
        set(${_NAME}_FOUND FALSE)
      endif()
    endif()
  endforeach()
endmacro()

####################################################################################

function(aldis_import target name)
  if(NOT TARGET aldis::${target})
    add_library(aldis::${target} SHARED IMPORTED)
    set_target_properties(aldis::${target} PROPERTIES
      IMPORTED_LOCATION "${PACKAGE_PREFIX_DIR}/lib/lib${name}.so.0.1.0"
      IMPORTED_SONAME "lib${name}.so.0.1"
      INTERFACE_INCLUDE_DIRECTORIES "${PACKAGE_PREFIX_DIR}/include")
  endif()
  if(NOT TARGET aldis::${target}_static)
    add_library(aldis::${target}_static STATIC IMPORTED)
    set_target_properties(aldis::${target}_static PROPERTIES
      IMPORTED_LOCATION "${PACKAGE_PREFIX_DIR}/lib/lib${name}.a"
      INTERFACE_LINK_LIBRARIES "uv;ssl;crypto;m;-pthread"
      INTERFACE_INCLUDE_DIRECTORIES "${PACKAGE_PREFIX_DIR}/include")
  endif()
endfunction()

aldis_import(aldis aldis)
aldis_import(hub aldis-hub)
check_required_components(aldis)
