# CMake generated Testfile for 
# Source directory: /tmp/hg/tree
# Build directory: /tmp/hg/tree/build-fuzz
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
subdirs("src/base")
subdirs("src/msg")
subdirs("src/wire")
subdirs("src/hub")
subdirs("src/loop")
subdirs("src/transport")
subdirs("src/conn")
subdirs("src/auth")
subdirs("src/flag")
subdirs("src/mgmt")
subdirs("src/client")
subdirs("src/load")
subdirs("src/api")
subdirs("src/daemon")
subdirs("src/embed")
subdirs("src/cli")
subdirs("bench")
subdirs("examples")
subdirs("test")
