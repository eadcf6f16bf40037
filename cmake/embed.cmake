# A file as bytes in a program. ald_embed(TARGET NAME FILE) adds to a target
#
#     const unsigned char NAME[];   the bytes, and a NUL behind them that is not counted
#     const size_t NAME_size;
#
# made again when the file changes. Whoever uses them declares them so, as extern.
set(ALD_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(ald_embed target name file)
  set(made ${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.c)
  add_custom_command(OUTPUT ${made}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DFROM=${file} -DTO=${made} -P ${ALD_EMBED_SCRIPT}
    DEPENDS ${file} ${ALD_EMBED_SCRIPT} VERBATIM)
  target_sources(${target} PRIVATE ${made})
endfunction()

# As a script: the translation itself.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ ${FROM} bytes HEX)
  # The array ends in a NUL, so that an empty file is no empty array, which C has not.
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}00")
  # A newline after each 8 bytes, for whoever opens the file.
  string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n" bytes "${bytes}")
  file(WRITE ${TO} "#include <stddef.h>\n\nextern const unsigned char ${NAME}[];\nextern const size_t ${NAME}_size;\n\nconst unsigned char ${NAME}[] = {\n${bytes}\n};\nconst size_t ${NAME}_size = sizeof(${NAME}) - 1;\n")
endif()
