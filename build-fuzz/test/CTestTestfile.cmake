# CMake generated Testfile for 
# Source directory: /tmp/hg/tree/test
# Build directory: /tmp/hg/tree/build-fuzz/test
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
subdirs("lib")
subdirs("purity")
subdirs("conform")
subdirs("vectors")
subdirs("sim")
subdirs("graph")
subdirs("fuzz")
subdirs("system")
