/* The smallest MPI program that says where it runs; with an argument, rank 2 aborts with it as exit status.

   No MPI headers are needed to build it: these are the parts of MPICH's binary interface (libmpich.so.12), which MPICH and
   all that is compatible with it keep (the MPICH ABI initiative). Ranks exchange no messages of their own: whether the
   network library of the MPI at hand gets along with containers is not what the test is about. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MPI_COMM_WORLD 0x44000000
#define MPI_MAX_PROCESSOR_NAME 128

int MPI_Init(int* argc, char*** argv);
int MPI_Comm_rank(int comm, int* rank);
int MPI_Comm_size(int comm, int* size);
int MPI_Get_processor_name(char* name, int* length);
int MPI_Abort(int comm, int status);
int MPI_Finalize(void);

int main(int argc, char** argv) {
  char name[MPI_MAX_PROCESSOR_NAME + 1];
  int rank, size, length;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Get_processor_name(name, &length);
  printf("rank %d of %d on %.*s\n", rank, size, length, name);
  fflush(stdout);
  if (argc > 1 && rank == 2) MPI_Abort(MPI_COMM_WORLD, atoi(argv[1]));
  if (argc > 1) pause(); /* for the end that comes with it */
  MPI_Finalize();
  return 0;
}
