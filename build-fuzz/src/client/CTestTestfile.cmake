# CMake generated Testfile for 
# Source directory: /tmp/hg/tree/src/client
# Build directory: /tmp/hg/tree/build-fuzz/src/client
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
