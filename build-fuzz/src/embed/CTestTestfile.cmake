# CMake generated Testfile for 
# Source directory: /tmp/hg/tree/src/embed
# Build directory: /tmp/hg/tree/build-fuzz/src/embed
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
