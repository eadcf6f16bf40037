# The files of the dashboard as one C table: name, type, ETag and bytes of each, in the order of their names.
# Run as a script when one of them changes: cmake -DFOLDER=... -DTO=file.c -P table.cmake
file(GLOB files ${FOLDER}/*.html ${FOLDER}/*.css ${FOLDER}/*.js ${FOLDER}/*.svg)
list(SORT files)

set(type_.html "text/html; charset=utf-8")
set(type_.css "text/css; charset=utf-8")
set(type_.js "text/javascript; charset=utf-8")
set(type_.svg "image/svg+xml")

set(arrays "")
set(rows "")
set(number 0)
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  get_filename_component(extension ${file} LAST_EXT)
  file(SIZE ${file} size)
  # The ETag follows the bytes, so that a browser keeps a file exactly as long as it is the same.
  file(SHA256 ${file} hash)
  string(SUBSTRING ${hash} 0 32 etag)
  file(READ ${file} bytes HEX)
  # Ends in a NUL that is not counted: C has no empty array.
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}00")
  string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n" bytes "${bytes}")
  string(APPEND arrays "\nstatic const char bytes_${number}[] = {\n${bytes}\n};\n")
  string(APPEND rows "    {\"${name}\", \"${type_${extension}}\", \"\\\"${etag}\\\"\", {bytes_${number}, ${size}}},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${TO} "#include \"mgmt/dashboard.h\"\n${arrays}
const struct ald_dashboard_file ald_dashboard_files[] = {\n${rows}};
const size_t ald_dashboard_n_files = ${number};\n")
