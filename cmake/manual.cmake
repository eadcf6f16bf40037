# What the programs say about themselves, made by running them: manual pages, and completion for shells. Below share/ of the
# build folder everything lies as it will be installed, so `man -M build/release/share/man aldis` shows the page of a tree.

# ald_made(TARGET WORDS PATH): what `TARGET WORDS` prints, as share/PATH.
function(ald_made target words path)
  set(file ${CMAKE_BINARY_DIR}/share/${path})
  cmake_path(GET file PARENT_PATH folder)
  file(MAKE_DIRECTORY ${folder})
  separate_arguments(words UNIX_COMMAND "${words}")
  add_custom_command(OUTPUT ${file} COMMAND ${target} ${words} > ${file} DEPENDS ${target} VERBATIM
    COMMENT "Making share/${path}")
  set_property(GLOBAL APPEND PROPERTY ALD_MADE ${file})
  cmake_path(GET path PARENT_PATH place)
  install(FILES ${file} DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/${place})
endfunction()

# ald_manual(): all of it; nothing where the programs cannot be run because they are for another machine.
function(ald_manual)
  if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
    message(STATUS "no manual pages and no completion: the programs cannot be run here")
    return()
  endif()
  ald_made(aldis manual man/man1/aldis.1)
  ald_made(aldisd --manual-keys man/man5/aldis.conf.5)
  ald_made(aldisd --manual man/man8/aldisd.8)
  ald_made(aldis "completion bash" bash-completion/completions/aldis)
  ald_made(aldis "completion zsh" zsh/site-functions/_aldis)
  get_property(files GLOBAL PROPERTY ALD_MADE)
  add_custom_target(manual ALL DEPENDS ${files})
endfunction()
